/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.outbox.jdbc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.beans.BeanWrapper;
import org.springframework.beans.PropertyAccessorFactory;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.NamedBeanHolder;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Finds the application's database for the outbox, and those who manage transactions on
 * it.
 */
final class JdbcOutboxBeans implements AopInfrastructureBean {

	private static final String DATA_SOURCE = "hopper.outbox.jdbc.data-source";

	private static final String TRANSACTION_MANAGER = "hopper.outbox.jdbc.transaction-manager";

	/**
	 * The resources of managers that do not say that they have one: Kafka's and Pulsar's.
	 */
	private static final List<String> OTHER_RESOURCES = List.of("producerFactory", "pulsarClient");

	private static final Log logger = LogFactory.getLog(JdbcOutboxBeans.class);

	private final ConfigurableListableBeanFactory beanFactory;

	private final JdbcOutboxProperties properties;

	JdbcOutboxBeans(ConfigurableListableBeanFactory beanFactory, JdbcOutboxProperties properties) {
		this.beanFactory = beanFactory;
		this.properties = properties;
	}

	JdbcOutboxTable table() {
		Map<String, PlatformTransactionManager> managers = managers();
		PlatformTransactionManager chosen = chosenManager(managers);
		String name = (this.properties.dataSource() != null) ? this.properties.dataSource()
				: nameOf((chosen != null) ? dataSource(chosen) : null);
		NamedBeanHolder<DataSource> named = (name != null) ? named(name) : unique();
		DataSource dataSource = named.getBeanInstance();
		String shown = named.getBeanName();
		List<PlatformTransactionManager> fitting = fitting(managers, dataSource, shown, chosen);
		// Destroys the data source after the outbox, because beans may store events while
		// they are destroyed
		this.beanFactory.registerDependentBean(shown, "hopperOutboxLifecycle");
		try {
			boolean create = switch (this.properties.initializeSchema()) {
				case ALWAYS -> true;
				case NEVER -> false;
				case EMBEDDED -> EmbeddedDatabaseConnection.isEmbedded(dataSource);
			};
			return new JdbcOutboxTable(dataSource, shown, fitting, this.properties.tableName(), create);
		}
		catch (IllegalStateException ex) {
			throw new JdbcOutboxException(
					"The data source '" + shown + "' of the outbox gives no connection without a tenant or the like: "
							+ ex.getMessage(),
					"Give it a default, or name with hopper.outbox.jdbc.data-source a data source that leads to one "
							+ "database.",
					null);
		}
	}

	/**
	 * Return the transaction managers that can be made. A lazy one may be that of a
	 * database that is down, which the application starts without.
	 */
	private Map<String, PlatformTransactionManager> managers() {
		Map<String, PlatformTransactionManager> managers = new LinkedHashMap<>();
		for (String name : BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beanFactory,
				PlatformTransactionManager.class)) {
			try {
				managers.put(name, this.beanFactory.getBean(name, PlatformTransactionManager.class));
			}
			catch (BeanCreationException ex) {
				logger.warn("The transaction manager '" + name + "' is unknown to the outbox because it cannot be made",
						ex);
			}
		}
		return managers;
	}

	private @Nullable PlatformTransactionManager chosenManager(Map<String, PlatformTransactionManager> managers) {
		String name = this.properties.transactionManager();
		PlatformTransactionManager chosen = managers.get(name);
		if (name != null && chosen == null) {
			throw new InvalidConfigurationPropertyValueException(TRANSACTION_MANAGER, name,
					"there is no transaction manager of this name; there are " + managers.keySet());
		}
		return chosen;
	}

	private NamedBeanHolder<DataSource> named(String name) {
		try {
			return new NamedBeanHolder<>(name, this.beanFactory.getBean(name, DataSource.class));
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new InvalidConfigurationPropertyValueException(DATA_SOURCE, name,
					"there is no bean of this name that is a data source; there are "
							+ Arrays.toString(this.beanFactory.getBeanNamesForType(DataSource.class)));
		}
	}

	private NamedBeanHolder<DataSource> unique() {
		try {
			return this.beanFactory.resolveNamedBean(DataSource.class);
		}
		catch (NoUniqueBeanDefinitionException ex) {
			throw new InvalidConfigurationPropertyValueException(DATA_SOURCE, null,
					"must name one of the beans "
							+ Arrays.toString(this.beanFactory.getBeanNamesForType(DataSource.class))
							+ ", because none of them is primary");
		}
		catch (NoSuchBeanDefinitionException ex) {
			throw noDataSource();
		}
	}

	private InvalidConfigurationPropertyValueException noDataSource() {
		boolean reactive = ClassUtils.isPresent("io.r2dbc.spi.ConnectionFactory", getClass().getClassLoader());
		return new InvalidConfigurationPropertyValueException("hopper.outbox.type", "jdbc",
				"the JDBC outbox needs a JDBC DataSource and there is none. " + (reactive
						? "Spring Boot makes no DataSource where there is an R2DBC ConnectionFactory: define one as a bean "
								+ "of your own, with DataSourceBuilder.create().url(\"jdbc:...\").build()"
						: "Add spring-boot-starter-jdbc and spring.datasource.url")
						+ ", or use hopper.outbox.type=memory");
	}

	private @Nullable String nameOf(@Nullable DataSource dataSource) {
		if (dataSource == null) {
			return null;
		}
		// The data source of a manager has been made. Others may be lazy, or belong to a
		// request
		return Arrays.stream(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beanFactory, DataSource.class))
			.filter((name) -> !this.beanFactory.containsBeanDefinition(name)
					|| this.beanFactory.containsSingleton(name))
			.filter((name) -> JdbcTransactions.isSame(this.beanFactory.getBean(name, DataSource.class), dataSource))
			.findFirst()
			.orElse(null);
	}

	private List<PlatformTransactionManager> fitting(Map<String, PlatformTransactionManager> managers,
			DataSource dataSource, String dataSourceName, @Nullable PlatformTransactionManager chosen) {
		List<PlatformTransactionManager> fitting = new ArrayList<>();
		managers.forEach((name, manager) -> {
			if (isFitting(manager, dataSource)) {
				if (manager instanceof AbstractPlatformTransactionManager synchronizing && synchronizing
					.getTransactionSynchronization() == AbstractPlatformTransactionManager.SYNCHRONIZATION_NEVER) {
					throw new InvalidConfigurationPropertyValueException(TRANSACTION_MANAGER, name,
							"this transaction manager never tells anybody that a transaction is over, so that stored events "
									+ "would not be noticed: set its transactionSynchronization to ALWAYS");
				}
				fitting.add(manager);
			}
		});
		// A manager without a resource may drive several others, as a chained one does
		boolean led = !fitting.stream().allMatch(ResourceTransactionManager.class::isInstance);
		managers.values()
			.stream()
			.filter((manager) -> !fitting.contains(manager))
			.forEach((manager) -> CommittedTransaction.watch(manager, led ? null : dataSource));
		if (chosen != null && !fitting.contains(chosen)) {
			throw new InvalidConfigurationPropertyValueException(TRANSACTION_MANAGER,
					this.properties.transactionManager(),
					"this transaction manager does not manage the data source '" + dataSourceName
							+ "' of the outbox, so that events would not share the fate of its transactions. Name the "
							+ "data source's own manager, or with " + DATA_SOURCE + " the data source of this manager");
		}
		if (fitting.isEmpty() && !managers.isEmpty() && this.properties.dataSource() == null) {
			throw new InvalidConfigurationPropertyValueException(TRANSACTION_MANAGER, null,
					"none of the transaction managers " + managers.keySet() + " manages the data source '"
							+ dataSourceName
							+ "', so that no event could be stored in a transaction. Spring Boot makes no manager for the "
							+ "database where there is another one, such as Kafka's for "
							+ "spring.kafka.producer.transaction-id-prefix: define a JdbcTransactionManager bean");
		}
		return fitting;
	}

	private static boolean isFitting(PlatformTransactionManager manager, DataSource dataSource) {
		DataSource managed = dataSource(manager);
		return (managed != null) ? JdbcTransactions.isSame(managed, dataSource)
				: !(manager instanceof ResourceTransactionManager)
						&& OTHER_RESOURCES.stream().allMatch((resource) -> property(manager, resource) == null);
	}

	/**
	 * Return what JDBC's managers, and those of JPA and the like, call their data source,
	 * or others their resource.
	 */
	static @Nullable DataSource dataSource(PlatformTransactionManager manager) {
		Object named = property(manager, "dataSource");
		Object used = (named == null && manager instanceof ResourceTransactionManager resource)
				? resource.getResourceFactory() : named;
		return (used instanceof DataSource dataSource) ? dataSource : null;
	}

	/**
	 * Return a property of a bean whose type may not be there, or {@code null} if it has
	 * no such property.
	 */
	static @Nullable Object property(Object bean, String name) {
		Object target = AopProxyUtils.getSingletonTarget(bean);
		BeanWrapper wrapper = PropertyAccessorFactory.forBeanPropertyAccess((target != null) ? target : bean);
		return wrapper.isReadableProperty(name) ? wrapper.getPropertyValue(name) : null;
	}

}
