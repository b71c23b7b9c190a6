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
package com.hopper.hts.events.test;

import com.hopper.hts.events.EventOutbox;
import com.hopper.hts.events.EventPublisher;

import org.springframework.aot.AotDetector;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;

/**
 * Replaces the application's own publishers and outboxes. They would send.
 */
final class RecordingBeanFactoryPostProcessor implements BeanDefinitionRegistryPostProcessor {

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		if (!AotDetector.useGeneratedArtifacts() && registry instanceof ConfigurableListableBeanFactory beanFactory) {
			replace(registry, beanFactory, EventPublisher.class, RecordingEventPublisher.class, "publisher");
			replace(registry, beanFactory, EventOutbox.class, RecordingEventOutbox.class, "outbox");
		}
	}

	private void replace(BeanDefinitionRegistry registry, ConfigurableListableBeanFactory beanFactory, Class<?> type,
			Class<?> replacement, String factoryMethod) {
		for (String name : beanFactory.getBeanNamesForType(type, true, false)) {
			if (!replacement.equals(beanFactory.getType(name, false)) && registry.containsBeanDefinition(name)) {
				BeanDefinition original = registry.getBeanDefinition(name);
				RootBeanDefinition definition = new RootBeanDefinition(replacement);
				definition.setFactoryBeanName("hopperEventsRecorder");
				definition.setFactoryMethodName(factoryMethod);
				definition.setPrimary(original.isPrimary());
				definition.setFallback(original.isFallback());
				definition.setAutowireCandidate(original.isAutowireCandidate());
				if (original instanceof AbstractBeanDefinition abstractOriginal) {
					definition.copyQualifiersFrom(abstractOriginal);
					definition.setDefaultCandidate(abstractOriginal.isDefaultCandidate());
				}
				if (original instanceof RootBeanDefinition rootOriginal) {
					definition.setQualifiedElement((rootOriginal.getResolvedFactoryMethod() != null)
							? rootOriginal.getResolvedFactoryMethod() : rootOriginal.getQualifiedElement());
				}
				registry.removeBeanDefinition(name);
				registry.registerBeanDefinition(name, definition);
			}
		}
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
	}

}
